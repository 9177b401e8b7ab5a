"""As much of App Engine's module as an export calls."""


def get_application_id():
    return "s~my-app"

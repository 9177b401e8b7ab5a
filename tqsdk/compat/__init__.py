"""For programs written against google-api-python-client: three ways to go on.

``googleapi``: the real library, against our endpoint: ``install()`` mends its own ``build``, and
``googleapi.build`` gives a typed service that threads can share. Needs the extra ``[google]``.
``discovery``, ``errors``: the same chain of calls, dicts in and dicts out, over ``tqsdk``: its
transport, its retries. Needs nothing beyond ``requests``.
"""

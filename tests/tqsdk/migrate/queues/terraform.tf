variable "project" {
  default = "my-app"
}

resource "google_pubsub_topic" "mail_topic" {
  project = var.project
  name    = "mail"
}

resource "google_pubsub_topic" "mail_dead" {
  project = var.project
  name    = "mail-dead"
}

resource "google_pubsub_subscription" "mail" {
  project                    = var.project
  name                       = "mail"
  topic                      = google_pubsub_topic.mail_topic.id
  ack_deadline_seconds       = 600
  message_retention_duration = "2678400s"

  expiration_policy {
    ttl = ""
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.mail_dead.id
    max_delivery_attempts = 5
  }
}

resource "google_pubsub_subscription_iam_member" "mail_0" {
  project      = var.project
  subscription = google_pubsub_subscription.mail.name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:worker@my-app.iam.gserviceaccount.com"
}

resource "google_pubsub_subscription_iam_member" "mail_1" {
  project      = var.project
  subscription = google_pubsub_subscription.mail.name
  role         = "roles/pubsub.viewer"
  member       = "serviceAccount:worker@my-app.iam.gserviceaccount.com"
}

resource "google_pubsub_topic_iam_member" "mail_2" {
  project = var.project
  topic   = google_pubsub_topic.mail_topic.name
  role    = "roles/pubsub.publisher"
  member  = "user:app@example.com"
}

resource "google_pubsub_topic" "tq-4u_topic" {
  project = var.project
  name    = "tq-4u"
}

resource "google_pubsub_subscription" "tq-4u" {
  project                    = var.project
  name                       = "tq-4u"
  topic                      = google_pubsub_topic.tq-4u_topic.id
  ack_deadline_seconds       = 600
  message_retention_duration = "2678400s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic" "nobody_topic" {
  project = var.project
  name    = "nobody"
}

resource "google_pubsub_subscription" "nobody" {
  project                    = var.project
  name                       = "nobody"
  topic                      = google_pubsub_topic.nobody_topic.id
  ack_deadline_seconds       = 600
  message_retention_duration = "2678400s"

  expiration_policy {
    ttl = ""
  }
}

#!/bin/sh
set -eu
PROJECT=${PROJECT:-my-app}

gcloud pubsub topics create mail --project="$PROJECT"
gcloud pubsub topics create mail-dead --project="$PROJECT"
gcloud pubsub subscriptions create mail --topic=mail --ack-deadline=600 --message-retention-duration=2678400s --expiration-period=never --dead-letter-topic=mail-dead --max-delivery-attempts=5 --project="$PROJECT"
gcloud pubsub subscriptions add-iam-policy-binding mail --role=roles/pubsub.subscriber --member=serviceAccount:worker@my-app.iam.gserviceaccount.com --project="$PROJECT"
gcloud pubsub subscriptions add-iam-policy-binding mail --role=roles/pubsub.viewer --member=serviceAccount:worker@my-app.iam.gserviceaccount.com --project="$PROJECT"
gcloud pubsub topics add-iam-policy-binding mail --role=roles/pubsub.publisher --member=user:app@example.com --project="$PROJECT"

gcloud pubsub topics create tq-4u --project="$PROJECT"
gcloud pubsub subscriptions create tq-4u --topic=tq-4u --ack-deadline=600 --message-retention-duration=2678400s --expiration-period=never --project="$PROJECT"

gcloud pubsub topics create nobody --project="$PROJECT"
gcloud pubsub subscriptions create nobody --topic=nobody --ack-deadline=600 --message-retention-duration=2678400s --expiration-period=never --project="$PROJECT"

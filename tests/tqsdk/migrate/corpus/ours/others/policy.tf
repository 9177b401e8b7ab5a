resource "google_project_iam_member" "worker" {
  member = "serviceAccount:worker@example.com" # <- TQM303
  role   = "roles/viewer"
}

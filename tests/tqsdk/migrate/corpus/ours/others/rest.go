package app

import taskqueue "google.golang.org/api/taskqueue/v1beta2" // <- TQM211

func work(api *taskqueue.Service) {
	api.Tasks.Lease("s~app", "q", 1, 60).Do() // <- TQM212
}

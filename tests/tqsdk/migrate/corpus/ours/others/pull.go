package app

import "google.golang.org/appengine/taskqueue"

func work(ctx context.Context) {
	t := &taskqueue.Task{Payload: []byte("x"), Method: "PULL"} // <- TQM213
	taskqueue.Add(ctx, t, "pull")
	tasks, err := taskqueue.LeaseByTag(ctx, 100, "pull", 3600, "x") // <- TQM213
}

package app

import "github.com/hibiken/asynq"

func work(c *asynq.Client) {
	c.Enqueue(asynq.NewTask("taskqueue", nil))
}

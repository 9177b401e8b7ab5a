package mail

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestATaskIsInserted(t *testing.T) {
	queue := os.Getenv("TASKQUEUE_ENDPOINT") +
		"/taskqueue/v1beta2/projects/test-insert/taskqueues/mail"
	body := `{"queueName": "mail", "payloadBase64": "aGVsbG8="}`

	answer, err := http.Post(queue+"/tasks", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()

	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
}

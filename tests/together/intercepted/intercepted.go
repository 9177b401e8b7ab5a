// A program that knows Google's address, and nobody else's: inserts, leases, and prints what it
// leases. Argument: project.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

const root = "https://www.googleapis.com/taskqueue/v1beta2/projects/"

func main() {
	tasks := root + os.Args[1] + "/taskqueues/mail/tasks"
	payload := base64.URLEncoding.EncodeToString([]byte("hello"))
	post(tasks, fmt.Sprintf(`{"queueName": "mail", "payloadBase64": %q}`, payload), nil)

	var leased struct {
		Items []struct{ PayloadBase64 string }
	}
	post(tasks+"/lease?numTasks=1&leaseSecs=60", "", &leased)
	said, err := base64.URLEncoding.DecodeString(leased.Items[0].PayloadBase64)
	check(err)
	fmt.Println(string(said))
}

func post(url, body string, answer any) {
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		panic(response.Status)
	}
	if answer != nil {
		check(json.NewDecoder(response.Body).Decode(answer))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

public class MailTest {
  public static void main(String[] arguments) throws Exception {
    String queue =
        System.getenv("TASKQUEUE_ENDPOINT")
            + "/taskqueue/v1beta2/projects/test-insert/taskqueues/mail";
    String body = "{\"queueName\": \"mail\", \"payloadBase64\": \"aGVsbG8=\"}";

    HttpRequest insert =
        HttpRequest.newBuilder(URI.create(queue + "/tasks"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    var answer = HttpClient.newHttpClient().send(insert, BodyHandlers.ofString());

    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.body());
    }
  }
}

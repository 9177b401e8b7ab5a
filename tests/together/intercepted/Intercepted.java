import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program that knows Google's address, and nobody else's: inserts as programs of the time did,
 * leases as today's do, and prints what it leases. Argument: project.
 */
public class Intercepted {
  public static void main(String[] arguments) throws Exception {
    String tasks =
        "https://www.googleapis.com/taskqueue/v1beta2/projects/"
            + arguments[0]
            + "/taskqueues/mail/tasks";
    String payload = Base64.getUrlEncoder().encodeToString("hello".getBytes());
    insert(tasks, "{\"queueName\": \"mail\", \"payloadBase64\": \"" + payload + "\"}");

    URI lease = URI.create(tasks + "/lease?numTasks=1&leaseSecs=60");
    HttpRequest request =
        HttpRequest.newBuilder(lease).POST(HttpRequest.BodyPublishers.noBody()).build();
    String answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    Matcher found = Pattern.compile("\"payloadBase64\": \"(.*?)\"").matcher(answer);
    found.find();
    System.out.println(new String(Base64.getUrlDecoder().decode(found.group(1))));
  }

  private static void insert(String url, String body) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setRequestProperty("Content-Type", "application/json");
    connection.setDoOutput(true);
    try (OutputStream out = connection.getOutputStream()) {
      out.write(body.getBytes());
    }
    if (connection.getResponseCode() != 200) {
      throw new Exception("insert: " + connection.getResponseCode());
    }
  }
}

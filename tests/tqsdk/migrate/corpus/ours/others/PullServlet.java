import com.google.appengine.api.taskqueue.*;

class PullServlet {
  void work() {
    Queue q = QueueFactory.getQueue("pull");
    q.add(TaskOptions.Builder.withMethod(TaskOptions.Method.PULL).payload("x")); // <- TQM203
    for (TaskHandle t : q.leaseTasksByTag(60, java.util.concurrent.TimeUnit.SECONDS, 10, "x")) { // <- TQM203
      q.deleteTask(t);
    }
  }
}

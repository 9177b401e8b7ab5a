import java.util.concurrent.BlockingQueue;

class TaskQueue {
  // com.google.api.services.taskqueue is named in a comment only
  BlockingQueue<Runnable> tasks() { return null; }
  void lease() { tasks().remove(); }
}

import com.google.api.services.taskqueue.Taskqueue; // <- TQM201
import com.google.api.services.taskqueue.model.Task; // <- TQM201

class Worker {
  // tasks().lease( in a comment is none.
  void work(Taskqueue api) throws Exception {
    api.tasks().lease("s~app", "q", 10, 60).execute(); // <- TQM202
    api.tasks().delete("s~app", "q", "t").execute(); // <- TQM202
  }
}

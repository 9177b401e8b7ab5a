googleapis.discover('taskqueue', 'v1beta2').execute(function (err, client) { // <- TQM231
  client.taskqueue.tasks.insert({project: 'p', taskqueue: 'q'}, {}).execute(); // <- TQM232
});

fetch(`https://www.googleapis.com/taskqueue/v1beta2/projects/p/taskqueues/q/tasks`); // <- TQM030

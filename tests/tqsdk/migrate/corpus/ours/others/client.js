const {google} = require('googleapis');
const tq = google.taskqueue('v1beta2'); // <- TQM231
tq.tasks.lease({project: 's~app', taskqueue: 'q', numTasks: 1, leaseSecs: 60}, done); // <- TQM232

const Queue = require('bull');
const taskqueue = new Queue('taskqueue', 'redis://127.0.0.1');
taskqueue.add({video: 'x'});
const google = {tasks: (v) => ({tasks: {list: (o) => o}})};
google.tasks('v1').tasks.list({tasklist: '@default'});

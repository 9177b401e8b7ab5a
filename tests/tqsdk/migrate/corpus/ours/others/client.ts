import { google } from 'googleapis';
const tq: any = google.taskqueue({ version: 'v1beta2' }); // <- TQM231
export const all = () => tq.tasks.list({ project: 'p', taskqueue: 'q' }); // <- TQM232

<?php
$service = new Google_Service_Taskqueue($client); // <- TQM221
$tasks = $service->tasks->lease('s~app', 'q', 1, 60); // <- TQM222
// new Google_Service_Taskqueue in a comment

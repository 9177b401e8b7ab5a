<?php
$service = new Google_Service_Tasks($client);
$service->tasks->listTasks('@default');

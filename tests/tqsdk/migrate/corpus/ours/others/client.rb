require 'google/apis/taskqueue_v1beta2' # <- TQM241
service = Google::Apis::TaskqueueV1beta2::TaskqueueService.new # <- TQM241
service.lease_task('s~app', 'q', 1, 60) # <- TQM242

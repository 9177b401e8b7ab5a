class Taskqueue
  include Sidekiq::Worker
  sidekiq_options queue: 'taskqueue'
end
Taskqueue.tasks.delete('x')

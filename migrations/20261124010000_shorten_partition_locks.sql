-- Making and dropping partitions waits for those who read the whole table, and
-- every settlement waits behind it meanwhile: so it waits but a moment, and the
-- upkeep tries again.
alter function create_finished_task_partitions(int) set lock_timeout = '100ms';
alter function drop_finished_task_partitions(interval) set lock_timeout = '100ms';

// Loaded before the main module of every process that a benchmark starts. The channel to the benchmark closes when that
// ends, however it comes about, and then this process has nobody to work for.
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
});
// Listening alone would keep a process from ending by itself.
process.channel?.unref();

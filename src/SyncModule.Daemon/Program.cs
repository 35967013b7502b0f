using SyncModule.Daemon.CommandLine;

return await EntryPoint.RunAsync(args).ConfigureAwait(false);

using SyncModule.LargeRuns;

return LargeRun.Run(args);

#pragma warning disable IDE0005 // not every project uses every alias
// The roles that 32 or 16 bytes play. Aliases, not types: the same bytes are compared, sorted and sent everywhere.
global using BlockId = SyncModule.Core.Model.Id32;
global using CollectionTag = SyncModule.Core.Model.Id16;
global using CommitId = SyncModule.Core.Model.Id32;
global using DeviceId = SyncModule.Core.Model.Id32;
global using EpochId = SyncModule.Core.Model.Id32;
global using LogId = SyncModule.Core.Model.Id16;
global using ObjectAddress = SyncModule.Core.Model.Id32;
global using VaultId = SyncModule.Core.Model.Id32;

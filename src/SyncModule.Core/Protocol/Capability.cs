namespace SyncModule.Core.Protocol;

/// <summary>
/// Something a newer or optional part of the protocol needs. A peer that does not know it ignores it, or ends the session by its name
/// when it is required.
/// </summary>
public sealed record Capability(uint Id, bool Required, string Name);

namespace SyncModule.Engine.Vaults;

/// <summary>One record of a DATA body: where it begins in the body, and the length of its sealed bytes.</summary>
public readonly record struct CheckedObject(ObjectAddress Address, int Offset, int Length);

/// <summary>A DATA body whose records were compared with their addresses. Good and rejected ones in the order of the body.</summary>
public sealed record CheckedObjects(ReadOnlyMemory<byte> Records, IReadOnlyList<CheckedObject> Good, IReadOnlyList<ObjectAddress> Rejected);

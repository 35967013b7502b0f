using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>
/// Another program that holds a vault's keys: it writes commits by the format's rules, and breaks one where a test says so. Block contents are
/// given as bytes, so they can be anything.
/// </summary>
internal sealed class ForeignWriter(VaultId vault, DeviceKeys device, LogId log)
{
    private ulong _sequence;
    private CommitId _previous;

    public DeviceId Device => device.Device;

    public LogId Log => log;

    /// <summary>What the next commit stands on.</summary>
    public (ulong Sequence, CommitId Id) Tip => (_sequence, _previous);

    /// <summary>Goes on behind another commit of this log: the next one is a branch when that is not the last.</summary>
    public void GoBackTo(ulong sequence, CommitId id) => (_sequence, _previous) = (sequence, id);

    /// <summary>One commit of lane 0 with a block for each plaintext.</summary>
    public (Commit Commit, CommitBundle Bundle) Write(EpochKeys epoch, IReadOnlyList<CommitId> members, ulong timestamp, IEnumerable<(CollectionTag Tag, byte[] Plain)> blocks, IEnumerable<CommitId>? dependencies = null, CommitFlags flags = CommitFlags.None) =>
        WriteSealed(members, timestamp, blocks.Select(b => (b.Tag, (Func<BlockContext, byte[]>)(context => SealedBlocks.Seal(epoch.Blocks, context, b.Plain, compress: false)))), dependencies, flags);

    /// <summary>The same with blocks that are made by the caller, for the place that they will stand in. They are put in the order of their tags.</summary>
    public (Commit Commit, CommitBundle Bundle) WriteSealed(IReadOnlyList<CommitId> members, ulong timestamp, IEnumerable<(CollectionTag Tag, Func<BlockContext, byte[]> Seal)> blocks, IEnumerable<CommitId>? dependencies = null, CommitFlags flags = CommitFlags.None)
    {
        _sequence++;
        var sealedBlocks = blocks.OrderBy(b => b.Tag).Select(b => (b.Tag, Bytes: b.Seal(new(vault, device.Device, log, _sequence, b.Tag)))).ToList();
        BlockEntry[] entries = [.. sealedBlocks.Select(b => new BlockEntry(b.Tag, BlockIds.Compute(b.Bytes), b.Bytes.Length))];
        var header = new CommitHeader(vault, Lane.Data, device.Device, log, _sequence, _previous, [.. (dependencies ?? []).Order()], [.. members.Order()], new(timestamp), flags, entries);
        var commit = Commit.Create(header, bytes => device.Sign(bytes));
        _previous = commit.Id;
        return (commit, new(commit.Record, [.. sealedBlocks.Select(b => b.Bytes)], []));
    }

    /// <summary>A put as the product would encode it, for a name and value of any kind.</summary>
    public static Operation Put(string collection, string key, string value, params Dot[] replaces) =>
        new(collection, key, OperationKind.Put, [.. replaces.Order()], null, true, ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(value)), [], null, null);
}

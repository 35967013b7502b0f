using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The parts of one open vault that its steps share. Nothing here starts a thread or reads a clock by itself: disk, tables, time and
/// randomness were passed in, so a simulation drives the same code.
/// </summary>
internal sealed class VaultContext
{
    private volatile MembershipFold? _folded;

    public required IDisk Disk { get; init; }

    /// <summary>See <see cref="FlushLatch"/>.</summary>
    public required FlushLatch Flushes { get; init; }

    public required VaultUse Use { get; init; }

    public required VaultKeys Keys { get; init; }

    public required CommitLog Log { get; init; }

    /// <summary>See <see cref="IVaultStores.MayUseThreads"/>.</summary>
    public bool MayUseThreads { get; init; }

    public required PackStore Packs { get; init; }

    public required ILocalStore Local { get; init; }

    public required TimeProvider Time { get; init; }

    public required IRandomSource Random { get; init; }

    public required RowSealer IndexSealer { get; init; }

    public required RowSealer LocalSealer { get; init; }

    public required MembershipLane Membership { get; set; }

    /// <summary>The fold of <see cref="Membership"/> as of the last transaction of the index; any thread may ask. Null before the first.</summary>
    public MembershipFold? Folded => _folded;

    /// <summary>The two logs that this incarnation of the device appends to (format-1 §2).</summary>
    public required OwnLogs OwnLogs { get; init; }

    /// <summary>At the end of a transaction, under the index lock: in between the lane may be half read.</summary>
    public void PublishMembership() => _folded = Membership.Fold;

    public BlockReader Blocks { get; set; } = null!;

    /// <summary>What was computed here.</summary>
    public DerivedContent Derived => field ??= new(this);

    /// <summary>See <see cref="CommitBuilder.MostInlineBytes"/>; smaller in tests.</summary>
    public long MostInlineBytes { get; set; } = CommitBuilder.MostInlineBytes;

    /// <summary>The epoch that new blocks and objects are sealed under.</summary>
    public EpochKeys CurrentEpoch =>
        Membership.CurrentEpoch is { } id && Keys.Epochs.TryGetValue(id, out var keys) ? keys : throw SyncErrors.NotCurrent.With("The secret of the current epoch is not on this device");

    /// <summary>The sealed bytes at a location.</summary>
    public byte[] ReadSealed(ObjectLocation location)
    {
        var bytes = new byte[location.Length];
        if (location.Pack.IsZero) Log.Read(new(location.Segment, location.Offset, location.Length), bytes);
        else Packs.Read(new(location.Pack, location.Offset, location.Length), bytes);
        return bytes;
    }

    /// <summary>
    /// The plaintext of an object; null when it is not here or does not open (then it is as good as not here, and verify reports it).
    /// Throws <see cref="DiskException"/>: what cannot be read now may be read later, so nothing may be concluded from it.
    /// </summary>
    public byte[]? ReadObject(RowAccess rows, ObjectReference reference)
    {
        if (rows.Object(reference.Address) is not { } location) return null;
        try
        {
            return SealedObjects.Open(Keys.Vault, reference, ReadSealed(location));
        }
        catch (Core.Encoding.VaultFormatException)
        {
            return null;
        }
    }

    /// <summary>Whether a member is an administrator as far as the lane is folded.</summary>
    public bool IsAdministrator(DeviceId device) => Membership.Fold.Members.Any(m => m.Device == device && m.Certificate.Role == DeviceRole.Administrator);

    /// <summary>The name that a device was added under; its short id when it is unknown here. Any thread.</summary>
    public string NameOf(DeviceId device) => Folded?.NameOf(device) ?? device.ToString()[..8];

    public long NowMilliseconds() => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The original operations that dots name, from the log; a dot whose commit is not here, or is malformed there, is left out.</summary>
    public IReadOnlyList<ReplacedHead> Operations(RowAccess rows, IEnumerable<Dot> dots)
    {
        var found = new List<ReplacedHead>();
        foreach (var dot in dots)
        {
            if (rows.Commit(dot.Commit) is not { State: CommitState.Applied } row) continue;
            var content = Blocks.Read(rows, dot.Commit, row);
            int block = dot.Index / Dot.BlockStride, position = dot.Index % Dot.BlockStride;
            if (block >= content.Blocks.Count || position >= content.Blocks[block].Count) continue;
            if (content.Blocks[block][position].Operation is not { } operation) continue;
            found.Add(new(operation, new(dot, row.Timestamp, row.Device, row.Log, row.Sequence)));
        }

        return found;
    }

    /// <summary>The value with its bytes: those of a detached one are read from its operation in the log (docs/decisions/020).</summary>
    /// <exception cref="SyncException">LogDamaged or ObjectDamaged when the operation cannot be read any more.</exception>
    public ItemValue Attach(RowAccess rows, ItemValue value)
    {
        if (value.Source is not { } source) return value;
        if (LocalDots.IsDerived(source)) return ItemValue.FromBytes(Derived.BytesOf(source));
        foreach (var (operation, _) in Operations(rows, [source]))
        {
            if (operation.WholeOf(value) is { } whole) return whole;
        }

        if (rows.Commit(source.Commit) is { } row && Blocks.Read(rows, source.Commit, row) is { Readiness: BlockReadiness.ObjectMissing } content) throw BlockReader.CannotBeOpened(source.Commit, content.Missing);
        throw SyncErrors.LogDamaged.With($"The commit {source.Commit.ToString()[..16]} that holds a value cannot be read");
    }
}

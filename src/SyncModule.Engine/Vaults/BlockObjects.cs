using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The objects that hold the blocks of own commits which are too long to stand beside them (format-1 §3, docs/decisions/120): sealed under the append lock,
/// where the operations are final, and durable before the commit is written that refers to them. They go into a pack of their own; where no
/// commit comes of it, nothing names what is in there. One thread at a time.
/// </summary>
internal sealed class BlockObjects(VaultContext vault) : IDisposable
{
    private readonly List<(ObjectAddress Address, ObjectLocation Location)> _written = [];
    private PackWriter? _pack;

    /// <summary>Seals the plain operations of one block (at most <see cref="CommitSize.MostBlockBytes"/>) and writes them; they are stored after <see cref="Complete"/>.</summary>
    /// <exception cref="SyncException">The disk's error.</exception>
    public ObjectReference Write(EpochKeys epoch, ReadOnlySpan<byte> plain)
    {
        var record = new byte[ObjectRecord.HeaderLength + SealedObjects.MaxSealedLength(plain.Length)];
        var reference = SealedObjects.Seal(epoch, ObjectKind.Block, plain, compress: true, record.AsSpan(ObjectRecord.HeaderLength), out int length);
        ObjectRecord.WriteHeader(record, reference.Address, length);
        OnDisk(() =>
        {
            _pack ??= vault.Packs.CreateWriter();
            foreach (var (address, position) in _pack.Append(record.AsSpan(0, ObjectRecord.HeaderLength + length))) _written.Add((address, ObjectLocation.InPack(position)));
        });
        return reference;
    }

    /// <summary>Makes them durable; gives where they are, for the index. Nothing more is written afterwards.</summary>
    /// <exception cref="SyncException">The disk's error.</exception>
    public IReadOnlyList<(ObjectAddress Address, ObjectLocation Location)> Complete()
    {
        if (_pack is not null && !Plants.BlockObjectUnsynced) OnDisk(_pack.Complete);
        return _written;
    }

    public void Dispose() => _pack?.Dispose();

    // Not the log's trouble: no new log has to be begun for it.
    private static void OnDisk(Action step)
    {
        try
        {
            step();
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }
}

using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The ids of the logs that this folder appends to, one a lane. They are drawn anew, both at once, whenever this incarnation may not
/// be the only one: a copied or restored folder, a failed fsync, damage below a mark, a peer's proof (format-1 §2). The older logs
/// are then foreign logs: fetched, merged, never appended to.
/// </summary>
internal sealed class OwnLogs
{
    private static readonly byte[] RowKey = "logs"u8.ToArray();

    private readonly ILocalStore _local;
    private readonly IRandomSource _random;

    public OwnLogs(ILocalStore local, IRandomSource random)
    {
        _local = local;
        _random = random;
        Refresh();
    }

    public LogId Data { get; private set; }

    public LogId Membership { get; private set; }

    /// <summary>False until <see cref="StartNew"/> was called once for this folder.</summary>
    public bool Exist => !Data.IsZero;

    public LogId Of(Lane lane) => lane == Lane.Data ? Data : Membership;

    /// <summary>Draws new ids for both lanes; durable when it returns.</summary>
    public void StartNew()
    {
        Span<byte> ids = stackalloc byte[2 * Id16.Size];
        _random.Fill(ids);
        var (data, membership) = (new LogId(ids[..Id16.Size]), new LogId(ids[Id16.Size..]));
        var writer = new CborWriter();
        writer.WriteArray(2);
        writer.WriteId(data);
        writer.WriteId(membership);
        using var transaction = _local.Begin(write: true);
        transaction.Put(LocalTables.Meta, RowKey, writer.Written);
        transaction.Commit();
        (Data, Membership) = (data, membership);
    }

    /// <summary>Another process may have started new logs: take its ids.</summary>
    /// <exception cref="SyncException">LocalStateDamaged: the row cannot be read.</exception>
    public void Refresh()
    {
        if (_local.Get(LocalTables.Meta, RowKey) is not { } row) return;
        try
        {
            var reader = new CborReader(row);
            reader.ReadArrayOf(2);
            var (data, membership) = (reader.ReadId16(), reader.ReadId16());
            reader.Finish();
            if (data.IsZero || membership.IsZero) throw new VaultFormatException("A log has no id.");
            (Data, Membership) = (data, membership);
        }
        catch (VaultFormatException e)
        {
            throw SyncErrors.LocalStateDamaged.With("local.db names no logs of this device that can be read", e);
        }
    }
}

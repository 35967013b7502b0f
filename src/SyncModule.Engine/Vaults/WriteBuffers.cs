using System.Buffers;
using SyncModule.Core.Encoding;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>Memory of the writer that serves one group after the other: groups of up to a megabyte are made without an allocation of their size. One thread at a time.</summary>
internal sealed class WriteBuffers
{
    private const int MostKept = 4 << 20;

    private readonly Stack<LogGroupBuilder> _groups = new();

    /// <summary>For the plain operations of one block.</summary>
    public CborWriter Plain { get; private set; } = new(64 << 10);

    /// <summary>For the rows of one commit's items.</summary>
    public ArrayBufferWriter<byte> Rows { get; private set; } = new(16 << 10);

    /// <summary>For a block that another thread seals meanwhile; bounded like those of one commit.</summary>
    public BesideBuffers Beside { get; } = new();

    public LogGroupBuilder RentGroup() => _groups.TryPop(out var group) ? group : new();

    public void Return(LogGroupBuilder group)
    {
        group.Clear();
        if (group.Capacity <= MostKept && _groups.Count == 0) _groups.Push(group);
    }

    /// <summary>Wipes the plain operations.</summary>
    public void ClearPlain()
    {
        Plain.Wipe();
        if (Plain.Capacity > MostKept) Plain = new(64 << 10);
    }

    /// <summary>Wipes the rows: they hold names.</summary>
    public void ClearRows()
    {
        Rows.Clear();
        if (Rows.Capacity > MostKept) Rows = new(16 << 10);
    }
}

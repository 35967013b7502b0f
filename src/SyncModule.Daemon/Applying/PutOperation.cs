using SyncModule.Core.Model;
using SyncModule.Daemon.Commands;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"put","collection":C,"key":K, one of "value":TEXT "base64":BYTES "file":PATH, "meta":{…}}</summary>
internal sealed class PutOperation : ApplyOperation
{
    private readonly byte[]? _bytes;
    private readonly string? _file;
    private readonly Metadata? _metadata;

    public PutOperation(ApplyLine line)
        : base(line)
    {
        _metadata = line.Metadata();
        string? text = line.Text("value");
        byte[]? bytes = line.Bytes("base64");
        _file = line.Text("file");
        if ((text is null ? 0 : 1) + (bytes is null ? 0 : 1) + (_file is null ? 0 : 1) != 1) throw ApplyLine.Invalid("a put has one of 'value', 'base64' and 'file'");
        _bytes = text is null ? bytes : System.Text.Encoding.UTF8.GetBytes(text);
        if (_file is not null) ValueFile.Open(_file).Dispose(); // what cannot be read is found before anything is stored
    }

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        using var source = new InterruptibleStream(_file is null ? new MemoryStream(_bytes!, writable: false) : ValueFile.Open(_file), cancellation);
        transaction.Put(Collection, Key, source, _metadata);
    }
}

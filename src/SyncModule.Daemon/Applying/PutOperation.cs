using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Daemon.Commands;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"put","collection":C,"key":K, one of "value":TEXT "base64":BYTES "file":PATH "fields":OBJECT, "meta":{…}}; fields are stored one by one.</summary>
internal sealed class PutOperation : ApplyOperation
{
    private readonly ReadOnlyMemory<byte>? _bytes, _fields;
    private readonly string? _file;
    private readonly Metadata? _metadata;

    public PutOperation(ApplyLine line)
        : base(line)
    {
        _metadata = line.Metadata();
        string? text = line.Text("value");
        byte[]? bytes = line.Bytes("base64");
        (_file, _fields) = (line.Text("file"), line.Object("fields"));
        if ((text is null ? 0 : 1) + (bytes is null ? 0 : 1) + (_file is null ? 0 : 1) + (_fields is null ? 0 : 1) != 1) throw ApplyLine.Invalid("a put has one of 'value', 'base64', 'file' and 'fields'");
        if (text is not null) _bytes = System.Text.Encoding.UTF8.GetBytes(text);
        else if (bytes is not null) _bytes = bytes;
        if (_file is not null) ValueFile.Open(_file).Dispose(); // what cannot be read is found before anything is stored
    }

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        // As the command put does it.
        bool byField = _fields is not null || (_bytes is { } bytes && transaction.PolicyOf(Collection).WritesFields(Key!) && StructuredItem.LeavesOf(bytes) is not null);
        if (byField)
        {
            transaction.PutObject(Collection, Key!, (_fields ?? _bytes)!.Value, _ => _metadata);
            return;
        }

        using var source = new InterruptibleStream(_file is null ? new MemoryStream(_bytes!.Value.ToArray(), writable: false) : ValueFile.Open(_file), cancellation);
        transaction.Put(Collection, Key!, source, _metadata);
    }
}

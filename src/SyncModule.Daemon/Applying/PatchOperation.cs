using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"patch","key":K,"set":{PATH:VALUE,…},"unset":[PATH,…]}: some fields of an object, by JSON pointer; the others stay.</summary>
internal sealed class PatchOperation : ApplyOperation
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>?> _changes = new(StringComparer.Ordinal);

    public PatchOperation(ApplyLine line)
        : base(line)
    {
        foreach (var (path, json) in line.Members("set")) _changes[path] = json;
        foreach (string path in line.Texts("unset"))
        {
            if (!_changes.TryAdd(path, null)) throw ApplyLine.Invalid($"'{path}' is named twice");
        }

        if (_changes.Count == 0) throw ApplyLine.Invalid("a patch has 'set' or 'unset'");
    }

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation) => transaction.Patch(Collection, Key!, _changes);
}

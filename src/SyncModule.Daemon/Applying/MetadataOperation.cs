using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"meta","collection":C,"key":K,"meta":{…}}: other metadata of a person for the value that stands; a file's type, mode and time stay.</summary>
internal sealed class MetadataOperation(ApplyLine line) : ApplyOperation(line)
{
    private readonly Metadata _metadata = line.Metadata() ?? throw ApplyLine.Invalid("it has no 'meta'");

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        var all = _metadata.Clone();
        if (transaction.Find(Collection, Key!) is { } item && View.Of(item) is { Status: ItemStatus.Item, Winner.Metadata: { } old })
        {
            foreach (var (key, value) in old.Entries)
            {
                if (key.StartsWith(Metadata.UserPrefix, StringComparison.Ordinal)) continue;
                if (value is string text) all.With(key, text);
                else all.With(key, (long)value);
            }
        }

        transaction.SetMetadata(Collection, Key!, all);
    }
}

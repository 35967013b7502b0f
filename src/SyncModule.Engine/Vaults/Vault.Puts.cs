using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>One of several values that are stored together. Its metadata are made from the item's state under the append lock, perhaps more than once.</summary>
public sealed record ItemPut(string Key, ReadOnlyMemory<byte> Bytes, Func<KeyState?, Metadata?> MetadataOf);

/// <summary>Writing many values at once.</summary>
public sealed partial class Vault
{
    /// <summary>
    /// Stores values in order, all of them durable when this returns; one sync of the disk for all. A name that comes twice has a version
    /// for each. When it throws, none is stored.
    /// </summary>
    public CommitResult Put(string collection, IReadOnlyList<ItemPut> puts)
    {
        string c = ItemName.Check(collection);
        using var sink = NewSink();
        var writer = new ValueWriter(_context, sink);
        var intents = new List<ItemIntent>(puts.Count);
        foreach (var put in puts)
        {
            string k = ItemName.Check(put.Key);
            var (value, content) = writer.Write(put.Bytes.Span);
            intents.Add(new(c, k, state => Writes.Put(state, c, k, value, metadata: put.MetadataOf(state), content: content)));
        }

        sink.Complete();
        var result = Commit([new(intents, sink.SmallObjects)])[0];
        sink.Remember();
        return result;
    }
}

using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>
/// One operation of mirord apply, read from its line and checked; one class each. A new one gets its word in <see cref="Kinds"/>, its fields in the
/// help of ApplyCommand, and nothing else.
/// </summary>
internal abstract class ApplyOperation
{
    protected ApplyOperation(ApplyLine line) => (Collection, Key) = (line.Collection, line.Key);

    // By the word in "op".
    private static readonly SortedDictionary<string, Func<ApplyLine, ApplyOperation>> Kinds = new(StringComparer.Ordinal)
    {
        ["delete"] = line => new DeleteOperation(line),
        ["meta"] = line => new MetadataOperation(line),
        ["put"] = line => new PutOperation(line),
    };

    /// <summary>The item that it changes.</summary>
    public string Collection { get; }

    public string Key { get; }

    /// <summary>Reads a line; nothing is done yet.</summary>
    /// <exception cref="SyncException">Whatever is wrong with it; the caller says which line it is.</exception>
    public static ApplyOperation Read(ApplyLine line)
    {
        string word = line.Text("op") ?? throw ApplyLine.Invalid("it has no 'op'");
        if (!Kinds.TryGetValue(word, out var read)) throw ApplyLine.Invalid($"'op' is one of {string.Join(", ", Kinds.Keys)}");
        var operation = read(line);
        line.Finish();
        return operation;
    }

    /// <summary>Adds it to a transaction.</summary>
    public abstract void AddTo(VaultTransaction transaction, CancellationToken cancellation);
}

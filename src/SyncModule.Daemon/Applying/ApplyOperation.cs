using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>
/// One operation of mirord apply, read from its line and checked; one class each. A new one gets its word in <see cref="Kinds"/>, its fields in the
/// help of ApplyCommand, and nothing else.
/// </summary>
internal abstract class ApplyOperation
{
    /// <param name="line">Its line.</param>
    /// <param name="ofItem">False for what is said of a collection: it names no item.</param>
    protected ApplyOperation(ApplyLine line, bool ofItem = true) => (Collection, Key) = (line.Collection, ofItem ? line.Key : null);

    // By the word in "op".
    private static readonly SortedDictionary<string, Func<ApplyLine, ApplyOperation>> Kinds = new(StringComparer.Ordinal)
    {
        ["add"] = line => new ElementsOperation(line, come: true),
        ["delete"] = line => new DeleteOperation(line),
        ["inc"] = line => new IncrementOperation(line),
        ["meta"] = line => new MetadataOperation(line),
        ["own"] = line => new OwnOperation(line),
        ["patch"] = line => new PatchOperation(line),
        ["put"] = line => new PutOperation(line),
        ["remove"] = line => new ElementsOperation(line, come: false),
        ["rmtree"] = line => new TreeOperation(line),
        ["set-counter"] = line => new SetCounterOperation(line),
    };

    public string Collection { get; }

    /// <summary>The item that it changes; null where it is none.</summary>
    public string? Key { get; }

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

using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>
/// The operations of a file of lines. All lines are read and checked before the first operation is made, so a bad one leaves nothing behind;
/// what they hold is kept in memory meanwhile, and is bounded. Every error names its line.
/// </summary>
internal sealed class ApplyFile
{
    private const long MostBytes = 64 << 20;

    private readonly List<(int Line, ApplyOperation Operation)> _operations = [];

    /// <exception cref="SyncException"><see cref="SyncErrors.LineInvalid"/> and others, all with the number of the line.</exception>
    public static ApplyFile Read(Stream source)
    {
        var file = new ApplyFile();
        JsonLines.Read(source, MostBytes, nextStep: null, (number, line) => file._operations.Add((number, ApplyOperation.Read(new ApplyLine(line)))));
        return file;
    }

    /// <summary>Makes the operations, in the order of their lines.</summary>
    public void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        foreach (var names in _operations.Select(o => o.Operation).Where(o => o.Key is not null).GroupBy(o => o.Collection, StringComparer.Ordinal)) transaction.Meet(names.Key, names.Select(o => o.Key!));
        foreach (var (line, operation) in _operations)
        {
            cancellation.ThrowIfCancellationRequested();
            JsonLines.OfLine(line, nextStep: null, () => operation.AddTo(transaction, cancellation));
        }
    }
}

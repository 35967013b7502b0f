using System.Text.Json;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>
/// The operations of a file of lines. All lines are read and checked before the first operation is made, so a bad one leaves nothing behind;
/// what they hold is kept in memory meanwhile, and is bounded. Every error names its line.
/// </summary>
internal sealed class ApplyFile
{
    /// <summary>Longer values come by "file".</summary>
    private const int MostLineBytes = 4 << 20;

    private const long MostBytes = 64 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly List<(int Line, ApplyOperation Operation)> _operations = [];

    /// <exception cref="SyncException"><see cref="SyncErrors.LineInvalid"/> and others, all with the number of the line.</exception>
    public static ApplyFile Read(Stream source)
    {
        var file = new ApplyFile();
        var buffer = new byte[64 * 1024];
        var (filled, number, total) = (0, 1, 0L);
        for (bool end = false; !end;)
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length < MostLineBytes ? 2 * buffer.Length : throw SyncErrors.LineInvalid.With($"Line {number} is longer than {MostLineBytes} bytes; give long values as \"file\""));
            int read = source.Read(buffer, filled, buffer.Length - filled);
            end = read == 0;
            filled += read;
            total += read;
            if (total > MostBytes) throw SyncErrors.TransactionTooLarge.With($"The lines have more than {MostBytes >> 20} MiB");
            int used = 0;
            while (used < filled)
            {
                int at = buffer.AsSpan(used, filled - used).IndexOf((byte)'\n');
                if (at < 0 && !end) break;
                int length = at < 0 ? filled - used : at;
                file.Add(number++, buffer.AsMemory(used, length));
                used += at < 0 ? length : length + 1;
            }

            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
        }

        return file;
    }

    /// <summary>Makes the operations, in the order of their lines.</summary>
    public void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        foreach (var names in _operations.Select(o => o.Operation).Where(o => o.Key is not null).GroupBy(o => o.Collection, StringComparer.Ordinal)) transaction.Meet(names.Key, names.Select(o => o.Key!));
        foreach (var (line, operation) in _operations)
        {
            cancellation.ThrowIfCancellationRequested();
            OfLine(line, () => operation.AddTo(transaction, cancellation));
        }
    }

    private void Add(int number, ReadOnlyMemory<byte> line)
    {
        if (number == 1 && line.Span.StartsWith("\uFEFF"u8)) line = line[3..]; // as editors on Windows write it
        if (line.Span.Trim(" \t\r"u8).IsEmpty) return;
        OfLine(number, () =>
        {
            try
            {
                using var json = JsonDocument.Parse(line, Strict);
                if (json.RootElement.ValueKind != JsonValueKind.Object) throw ApplyLine.Invalid("it is no JSON object");
                _operations.Add((number, ApplyOperation.Read(new ApplyLine(json.RootElement))));
            }
            catch (JsonException e)
            {
                // The runtime's text would repeat the line, which may hold a secret.
                throw SyncErrors.LineInvalid.With($"it is no JSON, as of byte {e.BytePositionInLine ?? 0}", e);
            }
            catch (InvalidOperationException e)
            {
                throw SyncErrors.LineInvalid.With("a text in it is not well-formed Unicode", e);
            }
        });
    }

    private static void OfLine(int number, Action step)
    {
        try
        {
            step();
        }
        catch (SyncException e)
        {
            throw e.Kind.With($"Line {number}: {e.Detail}", e);
        }
        catch (CommandFailure e)
        {
            throw new CommandFailure(e.Kind, $"Line {number}: {e.Message}", e.NextStep);
        }
    }
}

using System.Text.Json;
using SyncModule.Daemon.CommandLine;

namespace SyncModule.Daemon.Applying;

/// <summary>A stream of lines, each a JSON object: UTF-8, empty lines are passed over. One line is in memory at a time; every error names its line.</summary>
internal static class JsonLines
{
    /// <summary>Longer values come by "file" where a command takes one.</summary>
    public const int MostLineBytes = 4 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <param name="source">Read to its end; not disposed.</param>
    /// <param name="mostBytes">Of all lines; null = any number.</param>
    /// <param name="nextStep">What to do about a bad line; null = what is usual.</param>
    /// <param name="take">Gets each line with its number; the element is valid during the call.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.LineInvalid"/>, <see cref="SyncErrors.TransactionTooLarge"/>, and what <paramref name="take"/> throws.</exception>
    public static void Read(Stream source, long? mostBytes, string? nextStep, Action<int, JsonElement> take)
    {
        var buffer = new byte[64 * 1024];
        var (filled, number, total) = (0, 1, 0L);
        for (bool end = false; !end;)
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length < MostLineBytes ? 2 * buffer.Length : throw SyncErrors.LineInvalid.With($"Line {number} is longer than {MostLineBytes} bytes; give long values as \"file\""));
            int read = source.Read(buffer, filled, buffer.Length - filled);
            end = read == 0;
            filled += read;
            total += read;
            if (total > mostBytes) throw SyncErrors.TransactionTooLarge.With($"The lines have more than {mostBytes >> 20} MiB");
            int used = 0;
            while (used < filled)
            {
                int at = buffer.AsSpan(used, filled - used).IndexOf((byte)'\n');
                if (at < 0 && !end) break;
                int length = at < 0 ? filled - used : at;
                Take(number++, buffer.AsMemory(used, length), nextStep, take);
                used += at < 0 ? length : length + 1;
            }

            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
        }
    }

    /// <summary>A step whose errors are those of a line.</summary>
    public static void OfLine(int number, string? nextStep, Action step)
    {
        try
        {
            step();
        }
        catch (SyncException e)
        {
            string detail = $"Line {number}: {e.Detail}";
            throw (e.OwnNextStep ?? nextStep) is { } own ? e.Kind.WithStep(detail, own, e) : e.Kind.With(detail, e);
        }
        catch (CommandFailure e)
        {
            throw new CommandFailure(e.Kind, $"Line {number}: {e.Message}", e.NextStep);
        }
    }

    private static void Take(int number, ReadOnlyMemory<byte> line, string? nextStep, Action<int, JsonElement> take)
    {
        if (number == 1 && line.Span.StartsWith("\uFEFF"u8)) line = line[3..]; // as editors on Windows write it
        if (line.Span.Trim(" \t\r"u8).IsEmpty) return;
        OfLine(number, nextStep, () =>
        {
            try
            {
                using var json = JsonDocument.Parse(line, Strict);
                if (json.RootElement.ValueKind != JsonValueKind.Object) throw ApplyLine.Invalid("it is no JSON object");
                take(number, json.RootElement);
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
}

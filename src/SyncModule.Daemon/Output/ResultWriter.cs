using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SyncModule.Core.Model;

namespace SyncModule.Daemon.Output;

/// <summary>
/// Standard output of one command. With --json one object per line and nothing else; then <see cref="Text(string)"/> says nothing. Field names are
/// camelCase and never change.
/// </summary>
internal sealed class ResultWriter(bool json)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly Lock _gate = new();
    private StreamWriter? _writer;

    /// <summary>True when a person looks at it.</summary>
    public static bool IsTerminal => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    /// <summary>One JSON line; nothing without --json. It is flushed at once: a reader at the other end of a pipe waits for it.</summary>
    public void Record<T>(T record)
    {
        if (!json) return;
        lock (_gate)
        {
            Writer.Write(JsonSerializer.Serialize(record, Format));
            Writer.Write('\n');
            Writer.Flush();
        }
    }

    /// <summary>A line for people; names in it are escaped.</summary>
    public void Text(string line)
    {
        if (json) return;
        lock (_gate)
        {
            Writer.WriteLine(Printable.Of(line));
            Writer.Flush();
        }
    }

    /// <summary>Lines that are escaped already and may be many.</summary>
    public void Raw(string lines)
    {
        if (json) return;
        lock (_gate)
        {
            Writer.Write(lines);
            Writer.Flush();
        }
    }

    public void Table(TextTable table)
    {
        if (json || table.Rows == 0) return;
        lock (_gate)
        {
            table.WriteTo(Writer, IsTerminal);
            Writer.Flush();
        }
    }

    private StreamWriter Writer => _writer ??= new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 64 * 1024) { NewLine = "\n" };
}

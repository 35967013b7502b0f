using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// What is known about a value besides its bytes: [[key, text or number]…] sorted by key in ordinal order (format-1 §4).
/// </summary>
public sealed class Metadata
{
    /// <summary>"file", "link" or "dir".</summary>
    public const string TypeKey = "type";

    /// <summary>POSIX permission bits.</summary>
    public const string ModeKey = "mode";

    /// <summary>Modification time in nanoseconds since 1970. Left out where heads are compared: times are not content.</summary>
    public const string TimeKey = "mtime";

    /// <summary>Where a symbolic link points.</summary>
    public const string TargetKey = "target";

    /// <summary>Entries that a person gave stand behind this prefix.</summary>
    public const string UserPrefix = "user.";

    private static readonly SortedList<string, object> NoEntries = [];

    private const int MaxEntries = 1024;
    private const int MaxTextBytes = 8192;

    // Few entries, and a list of a million files makes as many of these: two arrays instead of a tree.
    private readonly SortedList<string, object> _entries;

    public Metadata()
        : this(0)
    {
    }

    private Metadata(int entries) => _entries = new(entries, StringComparer.Ordinal);

    /// <summary>The entries by key, ordinal; each value is a <see cref="string"/> or a <see cref="long"/>.</summary>
    public IReadOnlyDictionary<string, object> Entries => _entries;

    /// <summary>Encoded bytes, at most.</summary>
    public long LargestSize
    {
        get
        {
            long size = 8;
            foreach (var (key, value) in _entries) size += 16 + System.Text.Encoding.UTF8.GetByteCount(key) + (value is string text ? System.Text.Encoding.UTF8.GetByteCount(text) : 0);
            return size;
        }
    }

    /// <summary>The same entries, to be added to.</summary>
    public Metadata Clone()
    {
        var copy = new Metadata(_entries.Count);
        foreach (var (key, value) in _entries) copy._entries.Add(key, value);
        return copy;
    }

    public Metadata With(string key, string text)
    {
        _entries[key] = text;
        return this;
    }

    public Metadata With(string key, long number)
    {
        _entries[key] = number;
        return this;
    }

    public string? Text(string key) => _entries.TryGetValue(key, out var value) ? value as string : null;

    public long? Number(string key) => _entries.TryGetValue(key, out var value) && value is long number ? number : null;

    /// <summary>Equal but for times (format-1 §4): such heads are no conflict.</summary>
    public static bool SameContent(Metadata? left, Metadata? right)
    {
        var a = (left?._entries ?? NoEntries).Where(e => e.Key != TimeKey);
        var b = (right?._entries ?? NoEntries).Where(e => e.Key != TimeKey);
        return a.SequenceEqual(b);
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(_entries.Count);
        foreach (var (key, value) in _entries)
        {
            writer.WriteArray(2);
            writer.WriteText(key);
            if (value is string text) writer.WriteText(text);
            else writer.WriteInt((long)value);
        }
    }

    public static Metadata Read(ref CborReader reader)
    {
        int count = reader.ReadArray(MaxEntries);
        var metadata = new Metadata(count);
        string? last = null;
        for (int i = 0; i < count; i++)
        {
            reader.ReadArrayOf(2);
            string key = reader.ReadText(256);
            if (last is not null && string.CompareOrdinal(key, last) <= 0) throw new VaultFormatException("Metadata is not in order.");
            last = key;
            metadata._entries[key] = reader.Peek() == CborKind.Text ? reader.ReadText(MaxTextBytes) : reader.ReadInt();
        }

        return metadata;
    }
}

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

    // What stands beside nearly every value: keys, and what they say.
    private static readonly KnownTexts Usual = new(TypeKey, ModeKey, TimeKey, "file", "kind", "text", "dir", TargetKey);

    private const int MaxEntries = 1024;
    private const int MaxTextBytes = 8192;

    // Few entries, and a list of a million files makes as many of these: one array, in order, instead of a tree.
    private KeyValuePair<string, object>[] _entries;

    public Metadata()
        : this([])
    {
    }

    private Metadata(KeyValuePair<string, object>[] entries) => _entries = entries;

    /// <summary>What is kept of a file, folder or link: in one step, because an import makes it for each.</summary>
    public static Metadata OfFile(string type, long modified, int? mode, string? target)
    {
        var entries = new KeyValuePair<string, object>[2 + (mode is null ? 0 : 1) + (target is null ? 0 : 1)];
        int at = 0; // by key
        if (mode is { } bits) entries[at++] = new(ModeKey, (long)bits);
        entries[at++] = new(TimeKey, modified);
        if (target is not null) entries[at++] = new(TargetKey, target);
        entries[at] = new(TypeKey, type);
        return new(entries);
    }

    /// <summary>The entries by key, ordinal; each value is a <see cref="string"/> or a <see cref="long"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Entries => _entries;

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
    public Metadata Clone() => new(_entries); // an array that was given away is never changed

    public Metadata With(string key, string text) => Set(key, text);

    public Metadata With(string key, long number) => Set(key, number);

    public string? Text(string key) => Find(key) as string;

    public long? Number(string key) => Find(key) as long?;

    /// <summary>Equal but for times (format-1 §4): such heads are no conflict.</summary>
    public static bool SameContent(Metadata? left, Metadata? right)
    {
        var a = (left?._entries ?? []).Where(e => e.Key != TimeKey);
        var b = (right?._entries ?? []).Where(e => e.Key != TimeKey);
        return a.SequenceEqual(b);
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(_entries.Length);
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
        var entries = new KeyValuePair<string, object>[count];
        string? last = null;
        for (int i = 0; i < count; i++)
        {
            reader.ReadArrayOf(2);
            string key = reader.ReadText(256, Usual);
            if (last is not null && string.CompareOrdinal(key, last) <= 0) throw new VaultFormatException("Metadata is not in order.");
            last = key;
            entries[i] = new(key, reader.Peek() == CborKind.Text ? reader.ReadText(MaxTextBytes, Usual) : reader.ReadInt());
        }

        return new(entries);
    }

    private object? Find(string key)
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Key == key) return entry.Value;
        }

        return null;
    }

    private Metadata Set(string key, object value)
    {
        int at = 0;
        while (at < _entries.Length && string.CompareOrdinal(_entries[at].Key, key) < 0) at++;
        int behind = at < _entries.Length && _entries[at].Key == key ? at + 1 : at;
        _entries = [.. _entries.AsSpan(0, at), new(key, value), .. _entries.AsSpan(behind)];
        return this;
    }
}

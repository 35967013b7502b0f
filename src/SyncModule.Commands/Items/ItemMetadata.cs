using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using SyncModule.Commands.Values;
using SyncModule.Core.Model;

namespace SyncModule.Commands.Items;

/// <summary>-Metadata: names with text or whole numbers, kept beside the value.</summary>
internal static class ItemMetadata
{
    private const int MaxEntries = 1000;
    private const int MaxNameBytes = 250;
    private const int MaxTextBytes = 8192;

    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: too long, or a value of another type.</exception>
    public static Metadata Of(string kind, IDictionary? entries)
    {
        var metadata = new Metadata().With(ValueKind.MetadataKey, kind);
        if (entries is null) return metadata;
        if (entries.Count > MaxEntries) throw SyncErrors.UsageWrong.With($"-Metadata takes at most {MaxEntries} entries");
        foreach (DictionaryEntry entry in entries)
        {
            string name = Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "";
            if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxNameBytes) throw SyncErrors.UsageWrong.With($"A name of -Metadata has 1 to {MaxNameBytes} bytes");
            string key = Metadata.UserPrefix + name;
            switch (entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value)
            {
                case long or int or short or byte or uint or ushort or sbyte:
                    metadata.With(key, Convert.ToInt64(entry.Value is PSObject p ? p.BaseObject : entry.Value, CultureInfo.InvariantCulture));
                    break;
                case DateTime time:
                    metadata.With(key, time.ToString("O", CultureInfo.InvariantCulture));
                    break;
                case DateTimeOffset time:
                    metadata.With(key, time.ToString("O", CultureInfo.InvariantCulture));
                    break;
                case string or bool or double or Guid or Enum:
                    string text = LanguagePrimitives.ConvertTo<string>(entry.Value);
                    if (Encoding.UTF8.GetByteCount(text) > MaxTextBytes) throw SyncErrors.UsageWrong.With($"An entry of -Metadata has at most {MaxTextBytes} bytes");
                    metadata.With(key, text);
                    break;
                default:
                    throw SyncErrors.UsageWrong.With($"-Metadata '{name}' is neither text nor a number");
            }
        }

        return metadata;
    }

    /// <summary>Takes over what a person gave.</summary>
    public static void CopyUser(Metadata from, Metadata to) => Copy(from, to, user: true);

    /// <summary>Takes over what is not a person's: a file's type, mode and time.</summary>
    public static void CopyOthers(Metadata from, Metadata to) => Copy(from, to, user: false);

    /// <summary>What stands beside a file whose bytes are written anew: the same, at another time.</summary>
    public static Metadata OfChangedFile(Metadata old, DateTimeOffset at)
    {
        var metadata = new Metadata();
        CopyOthers(old, metadata);
        CopyUser(old, metadata);
        return metadata.With(Metadata.TimeKey, (at - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
    }

    private static void Copy(Metadata from, Metadata to, bool user)
    {
        foreach (var (key, value) in from.Entries)
        {
            if (key.StartsWith(Metadata.UserPrefix, StringComparison.Ordinal) != user || key == ValueKind.MetadataKey) continue;
            if (value is string text) to.With(key, text);
            else to.With(key, (long)value);
        }
    }
}

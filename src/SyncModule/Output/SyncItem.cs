using System.Collections.ObjectModel;

namespace SyncModule;

/// <summary>One item without its value.</summary>
public sealed class SyncItem
{
    // Text, or what makes it; whoever looks first puts the text in its place, and two at once put the same.
    private object _version = "";

    public required string Name { get; init; }

    public required SyncItemType Type { get; init; }

    /// <summary>Bytes of the value as it is stored.</summary>
    public long Length { get; init; }

    /// <summary>A file's own time, else when the version was written.</summary>
    public DateTimeOffset Modified { get; init; }

    /// <summary>The name of the device that wrote the version.</summary>
    public required string Device { get; init; }

    /// <summary>The id of the version that stands; "" only where a transaction that is not committed wrote it, or it was computed here.</summary>
    public string Version
    {
        get => _version as string ?? Settled();
        init => _version = value;
    }

    /// <summary>In the place of <see cref="Version"/>: it is made when somebody looks at it, because a hash is a third of what an object in a list costs.</summary>
    internal LateText LateVersion
    {
        init => _version = value;
    }

    /// <summary>How many versions compete; 1 = none does.</summary>
    public int Heads { get; init; }

    /// <summary>False while some of the value's bytes have not arrived yet.</summary>
    public bool Here { get; init; }

    public bool Deleted { get; init; }

    /// <summary>Versions compete and a person has to decide which one stands: Resolve-SyncMerge.</summary>
    public bool Waiting { get; init; }

    /// <summary>It was computed on this machine, and is on no other.</summary>
    public bool Derived { get; init; }

    public required string Collection { get; init; }

    /// <summary>What was given beside the value; empty when nothing was.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; init; } = ReadOnlyDictionary<string, object>.Empty;

    public required string Vault { get; init; }

    public override string ToString() => Name;

    private string Settled()
    {
        string text = ((LateText)_version).Make();
        _version = text;
        return text;
    }
}

/// <summary>Text that is made when it is asked for, of what never changes: it says the same whenever that is.</summary>
internal abstract class LateText
{
    public abstract string Make();
}

/// <summary>What the value of an item is.</summary>
public enum SyncItemType
{
    /// <summary>Bytes that say nothing about themselves, for example written with mirord put.</summary>
    Bytes,

    Text,

    SecureString,

    PSCredential,

    /// <summary>A hashtable, a list or an object.</summary>
    Object,

    File,

    Link,

    Folder,
}

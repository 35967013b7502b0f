namespace SyncModule.Commands.Values;

/// <summary>How the bytes of a value are to be read; stands in the item's metadata, so that every machine gives back what was stored.</summary>
internal static class ValueKind
{
    /// <summary>The key in the item's metadata.</summary>
    public const string MetadataKey = "kind";

    public const string Bytes = "bytes";

    /// <summary>UTF-8.</summary>
    public const string Text = "text";

    /// <summary>UTF-8; given back as a SecureString.</summary>
    public const string SecureString = "securestring";

    /// <summary>JSON: user and password.</summary>
    public const string Credential = "pscredential";

    /// <summary>JSON (<see cref="ValueJson"/>), given back as a hashtable.</summary>
    public const string Map = "map";

    /// <summary>JSON, given back as a hashtable that keeps the order of its keys.</summary>
    public const string Ordered = "ordered";

    /// <summary>JSON, given back as an object.</summary>
    public const string Object = "object";

    /// <summary>JSON, given back as a list, a number, a date or whatever else stands alone.</summary>
    public const string Json = "json";

    /// <summary>What JSON would change: CLIXML.</summary>
    public const string CliXml = "clixml";
}

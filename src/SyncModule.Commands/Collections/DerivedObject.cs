using System.Collections;
using System.Management.Automation;

namespace SyncModule.Commands.Collections;

/// <summary>What a script block gives for an item: an object or a hashtable with Name or Key, Value and perhaps Metadata.</summary>
internal static class DerivedObject
{
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>.</exception>
    public static (string Key, object? Value, IDictionary? Metadata) Read(object? given)
    {
        var item = given is null ? null : PSObject.AsPSObject(given);
        string key = Part(item, "Name", "Key") is { } name ? LanguagePrimitives.ConvertTo<string>(name) : throw Wrong("An object of the script block has no Name");
        // Only the value itself may be absent: what a command gives for no value is an error of the script.
        if (!Has(item!, "Value")) throw Wrong($"'{key}' of the script block has no Value");
        object? metadata = Part(item, "Metadata");
        if (metadata is PSObject { BaseObject: IDictionary dictionary }) metadata = dictionary;
        return (key, Part(item, "Value"), metadata is null or IDictionary ? (IDictionary?)metadata : throw Wrong($"'{key}' of the script block has Metadata that are no hashtable"));
    }

    private static bool Has(PSObject item, string name) => item.BaseObject is IDictionary table ? table.Keys.Cast<object>().Any(k => Same(k, name)) : item.Properties[name] is not null;

    private static object? Part(PSObject? item, params string[] names)
    {
        foreach (string name in names)
        {
            object? value = item?.BaseObject is IDictionary table ? table.Keys.Cast<object>().Where(k => Same(k, name)).Select(k => table[k]).FirstOrDefault() : item?.Properties[name]?.Value;
            if (value is not null) return value;
        }

        return null;
    }

    // As PowerShell compares names, also of a table that a script made otherwise.
    private static bool Same(object key, string name) => string.Equals(key as string, name, StringComparison.OrdinalIgnoreCase);

    private static SyncException Wrong(string what) =>
        SyncErrors.UsageWrong.WithStep($"{what}; the content is as it was", "Give objects with Name and Value: [pscustomobject]@{ Name = 'a'; Value = 1 }.");
}

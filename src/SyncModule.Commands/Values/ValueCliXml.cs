using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Security;
using System.Text;

namespace SyncModule.Commands.Values;

/// <summary>
/// Values that JSON would change, as PowerShell's own serialisation. Secrets in hashtables, lists and plain objects are replaced by
/// marked objects first and put back afterwards; one that sits elsewhere is refused, because it could be read on one machine alone.
/// </summary>
internal static class ValueCliXml
{
    private const string Mark = "$SyncModule.Secret";
    private const int MaxDepth = 64;

    public static byte[] Write(object value, int depth)
    {
        string xml = PSSerializer.Serialize(Hide(value, MaxDepth), depth);
        if (xml.Contains("<SS", StringComparison.Ordinal)) throw SyncErrors.ValueUnsupported.With($"A {value.GetType().Name} that holds a SecureString cannot be read on another machine");
        return Encoding.UTF8.GetBytes(xml);
    }

    public static object Read(byte[] xml) => Show(PSSerializer.Deserialize(Encoding.UTF8.GetString(xml)));

    private static object? Hide(object? value, int depth)
    {
        if (depth == 0) throw SyncErrors.ValueUnsupported.With("The value is nested too deeply");
        switch (value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value)
        {
            case SecureString or PSCredential:
                var marked = new PSObject();
                marked.Properties.Add(new PSNoteProperty(Mark, Encoding.UTF8.GetString(ValueJson.Write(value, depth))));
                return marked;
            case Hashtable map:
                var hidden = new Hashtable();
                foreach (DictionaryEntry entry in map) hidden[entry.Key] = Hide(entry.Value, depth - 1);
                return hidden;
            case OrderedDictionary map:
                var ordered = new OrderedDictionary();
                foreach (DictionaryEntry entry in map) ordered[entry.Key] = Hide(entry.Value, depth - 1);
                return ordered;
            case object?[] list:
                return Array.ConvertAll(list, v => Hide(v, depth - 1));
            case PSObject { BaseObject: PSCustomObject } o when o.Properties.Any(p => p.Value is SecureString or PSCredential or Hashtable or OrderedDictionary or object?[] or PSObject):
                var copy = new PSObject();
                foreach (var property in o.Properties) copy.Properties.Add(new PSNoteProperty(property.Name, Hide(property.Value, depth - 1)));
                return copy;
            default:
                return value;
        }
    }

    private static object Show(object value)
    {
        switch (value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value)
        {
            case PSObject o when o.Properties[Mark] is { Value: string json }:
                return ValueJson.Read(Encoding.UTF8.GetBytes(json), ValueKind.Json);
            case PSObject { BaseObject: PSCustomObject } o:
                foreach (var property in o.Properties)
                {
                    if (property is PSNoteProperty && property.Value is { } inner) property.Value = Show(inner);
                }

                return o;
            case IDictionary map and (Hashtable or OrderedDictionary):
                foreach (object key in map.Keys.Cast<object>().ToList())
                {
                    if (map[key] is { } inner) map[key] = Show(inner);
                }

                return map;
            case ArrayList list:
                for (int i = 0; i < list.Count; i++)
                {
                    if (list[i] is { } inner) list[i] = Show(inner);
                }

                return list;
            default:
                return value;
        }
    }
}

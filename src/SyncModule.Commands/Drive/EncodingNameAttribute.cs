using System.Management.Automation;
using System.Text;

namespace SyncModule.Commands.Drive;

/// <summary>Takes the names that PowerShell's own -Encoding takes, and every name or number that .NET knows.</summary>
internal sealed class EncodingNameAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        try
        {
            return input switch
            {
                int page => Encoding.GetEncoding(page),
                string name => name.ToLowerInvariant() switch
                {
                    "utf8" or "utf8nobom" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
                    "utf8bom" => Encoding.UTF8,
                    "unicode" => Encoding.Unicode,
                    "bigendianunicode" => Encoding.BigEndianUnicode,
                    "utf32" => Encoding.UTF32,
                    "ascii" => Encoding.ASCII,
                    "latin1" => Encoding.Latin1,
                    var other => Encoding.GetEncoding(other),
                },
                _ => input,
            };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException($"'{input}' is no encoding that is known here.", e);
        }
    }
}
